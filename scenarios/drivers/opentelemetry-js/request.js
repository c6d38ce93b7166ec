// What a request may say.

// Keys that the protocol does not name are errors.
export function known(request, keys = []) {
  for (const key of Object.keys(request)) {
    if (!keys.includes(key)) {
      throw new TypeError(`unknown key: ${key}`);
    }
  }
}

// Options that were not given are not passed on: some of the SDK ask whether a key is there.
export function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
