import type { Contract } from "./contract.ts";

/**
 * A type written out in full, without any name of the server's source or its libraries. The compiler writes what it can
 * trace to a declaration as it was declared, names and all; so every property is made anew, and every member of a union
 * put into a box and taken out again.
 */
type Plain<T> = unknown extends T ? T : Unboxed<Boxed<T>>;

type Boxed<T> = T extends readonly (infer Item)[]
  ? { value: Plain<Item>[] }
  : T extends object
    ? { value: string extends keyof T ? { [key: string]: Plain<T[string & keyof T]> } : Rebuilt<T> }
    : { value: T };
type Unboxed<Box> = Box extends { value: infer Value } ? Value : never;

type Rebuilt<T> = Joined<
  { [Key in Exclude<keyof T, Optional<T>>]: Plain<T[Key]> },
  { [Key in Optional<T>]?: Plain<T[Key]> }
>;
type Optional<T> = { [Key in keyof T]-?: object extends Pick<T, Key> ? Key : never }[keyof T];
type Joined<A, B> = A & B extends infer Both ? { [Key in keyof Both]: Both[Key] } : never;

declare function plain<T>(): T;

/** Only its declaration is used: the compiler writes out the inferred type, and build.ts publishes that as `Contract`. */
export const contract = plain<Plain<Contract>>();
