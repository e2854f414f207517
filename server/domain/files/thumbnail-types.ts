/** Larger originals get no thumbnail: the work would cost more than the picture is worth. */
const maxBytes = 64 * 1024 * 1024;

/** SVG is not among them: drawing it means running what a stranger wrote. */
const thumbnailTypes = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/tiff",
  "application/pdf",
];

export const makesThumbnail = ({ mediaType, sizeBytes }: { mediaType: string; sizeBytes: number }) =>
  thumbnailTypes.includes(mediaType) && sizeBytes <= maxBytes;
