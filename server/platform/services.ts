/** What platform modules hold open for the whole process; each module adds its own part. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration below as modules join
export interface Services {}
