import { parentPort, workerData } from "node:worker_threads";
import { PDFiumLibrary } from "@hyzyla/pdfium";

const { document, edge } = workerData as { document: Uint8Array; edge: number };
const library = await PDFiumLibrary.init();
const opened = await library.loadDocument(document);
const page = opened.getPage(0);
const { originalWidth, originalHeight } = page.getOriginalSize();
const scale = edge / Math.max(originalWidth, originalHeight, 1);
const { data, width, height } = await page.render({ scale, render: "bitmap" });
parentPort?.postMessage({ data, width, height });
