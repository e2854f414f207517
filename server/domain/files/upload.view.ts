import type { UploadView } from "./file.view.ts";
import type { Upload } from "./upload.queries.ts";

type Sized = Pick<Upload, "sizeBytes" | "partSizeBytes">;

export const partCountOf = ({ sizeBytes, partSizeBytes }: Sized) => Math.ceil(sizeBytes / (partSizeBytes ?? sizeBytes));

/** The exact size of a part, by its number. */
export const sizeOfPart = ({ sizeBytes, partSizeBytes }: Sized, number: number) => {
  const whole = partSizeBytes ?? sizeBytes;
  return Math.min(whole, sizeBytes - (number - 1) * whole);
};

export const uploadView = (upload: Upload): UploadView => ({
  id: upload.id,
  name: upload.name,
  sizeBytes: upload.sizeBytes,
  partSizeBytes: upload.partSizeBytes ?? upload.sizeBytes,
  partCount: partCountOf(upload),
  expiresAt: upload.expiresAt,
});
