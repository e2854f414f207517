/** The test data that DOMPurify published with its early releases; later ones leave it out of the package. */
declare module "dompurify-fixtures/test/fixtures/expect.js" {
  const fixtures: { title?: string; payload: string }[];
  export default fixtures;
}
