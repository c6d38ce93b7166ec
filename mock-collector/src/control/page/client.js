// The control API, as the page asks it.

const TOKEN = 'otelbox-control-token';

/** The receiver does not let the page in: it wants the token. */
class Unauthorized extends Error {}

/** Asks for a path; the answer as JSON, or null where there is none. */
const ask = async (method, path, body) => {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 401) throw new Unauthorized();
  const text = await answer.text();
  const value = text === '' ? null : JSON.parse(text);
  if (!answer.ok) throw new Error(value?.detail ?? `status ${answer.status}`);
  return value;
};

/** Does something that a person wants, and tells what is wrong where it fails. */
const attempt = async (action) => {
  try {
    await action();
  } catch (error) {
    if (error instanceof Unauthorized) showEntrance();
    else announce(`It failed: ${error.message}`);
  }
};

