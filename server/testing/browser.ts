/** A browser as far as sign-ins need one: cookies per host, and redirects. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  #jar(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }

  /** What a host's cookies are now. */
  cookies(url: string): ReadonlyMap<string, string> {
    return this.#jar(url);
  }

  setCookie(url: string, name: string, value: string): void {
    this.#jar(url).set(name, value);
  }

  /** One request; keeps the cookies of the answer. */
  async get(url: string): Promise<Response> {
    const cookie = [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      const gone = value === "" || /expires=thu, 01 jan 1970/i.test(header) || /max-age=0/i.test(header);
      if (gone) this.#jar(url).delete(name);
      else this.#jar(url).set(name, value);
    }
    return response;
  }

  /** Follows redirects until one leads to an address that begins with `until`, or fits it, and answers that address. */
  async follow(from: string, until: string | ((url: string) => boolean)): Promise<URL> {
    let url = from;
    const isThere = typeof until === "string" ? (at: string) => at.startsWith(until) : until;
    for (let turns = 0; turns < 10; turns += 1) {
      if (turns > 0 && isThere(url)) return new URL(url);
      const response = await this.get(url);
      const location = response.headers.get("location");
      if (!location) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url).href;
    }
    throw new Error(`${from} leads nowhere`);
  }
}
