/** A line for the person at the terminal; in production the log alone speaks. */
export const say = (line: string): void => {
  if (process.stdout.isTTY || process.env["NODE_ENV"] !== "production") process.stdout.write(`${line}\n`);
};
