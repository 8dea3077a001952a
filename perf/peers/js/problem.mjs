/** What a refusal becomes; everything else that is thrown is a 500. */
export class Problem extends Error {
  constructor(status, code, title, detail) {
    super(detail)
    Object.assign(this, { status, code, title })
  }
}

export const invalid = (detail) => new Problem(422, "invalid", "Invalid", detail)
export const badRequest = (detail) => new Problem(400, "bad_request", "Bad request", detail)
export const notFound = (detail) => new Problem(404, "not_found", "Not found", detail)
export const conflict = (detail) => new Problem(409, "conflict", "Conflict", detail)

/** The reply that an error makes: `{status, body}`. */
export function problemReply(error, path) {
  const known = error instanceof Problem ? error : new Problem(500, "internal", "Internal error", "The server failed.")
  if (known !== error) console.error(path, error)
  const { status, code, title, message } = known
  return { status, body: JSON.stringify({ type: `/problems/${code}`, title, status, detail: message, instance: path }) }
}

/** What a method returns, or the reply that its error makes. */
export function replyOf(store, method, argument, target) {
  try {
    return store[method](argument)
  } catch (error) {
    return problemReply(error, target)
  }
}
