/** Generated parts of documents, between two comments that name them. */

/** The text between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. @throws when the document has no such comments */
export function readGenerated(document: string, name: string): string {
  const [from, to] = rangeOf(document, name)
  return document.slice(from, to)
}

/** The document with that text replaced. */
export function writeGenerated(document: string, name: string, text: string): string {
  const [from, to] = rangeOf(document, name)
  return `${document.slice(0, from)}${text}${document.slice(to)}`
}

function rangeOf(document: string, name: string): [from: number, to: number] {
  const begin = `<!-- ${name}:begin -->`
  const from = document.indexOf(begin)
  const to = document.indexOf(`<!-- ${name}:end -->`)
  if (from < 0 || to < from) throw new Error(`the document has no generated part named ${name}`)
  return [from + begin.length, to]
}
