/**
 * Finds the lines of a comment that may be commands, and decides what of a comment is stored. Comments are read on arrival
 * and never again: a body can have 65,536 characters, and a head is derived again for each of its results.
 */

/** A slash, a word, and then white space or the end. A path such as `/home/ci/x` is not one. */
const COMMAND = /^\/[A-Za-z][\w-]*(?:\s|$)/

/** The lines outside fenced code blocks that may be commands, without their line breaks (a `\r` stays). */
export function commandLines(body: string): string[] {
  if (!mayHoldCommand(body)) return []
  return dropCodeBlocks(body)
    .split('\n')
    .filter((line) => COMMAND.test(line))
}

/** Whether a body can contain a command: some line starts with a slash. */
export function mayHoldCommand(body: string): boolean {
  return body.startsWith('/') || body.includes('\n/')
}

const MAX_STORED_LINES = 50
const MAX_STORED_LENGTH = 2000
const MAX_SENTENCE = 100

/**
 * What is stored of a comment: its command lines; without any, the comment itself when it is one short line, because other
 * CIs are asked in words, such as "retest this please". Empty when there is neither. At most 50 lines and 2,000 characters:
 * lines that do not fit are left out whole, because half a line could name another job.
 */
export function storedBody(body: string): string {
  const lines = storedLines(body)
  return lines === '' ? shortSentence(body) : lines
}

/** The command lines of a body that are stored. */
export function storedLines(body: string): string {
  let left = MAX_STORED_LENGTH + 1
  const fits = ({ length }: string) => {
    if (length >= left) return false
    left -= length + 1
    return true
  }
  return commandLines(body).slice(0, MAX_STORED_LINES).filter(fits).join('\n')
}

/** The whole comment when it is one short line, else empty. An indented command is not a command, and trimming would make it one. */
function shortSentence(body: string): string {
  const sentence = body.trim()
  const isStored = sentence.length <= MAX_SENTENCE && !/[\r\n]/.test(sentence) && !sentence.startsWith('/')
  return isStored ? sentence : ''
}

/**
 * Removes fenced code blocks as Prow does: from a line that starts with a fence to the first line that is exactly the fence.
 * A closing fence must be followed by `\n` or the end of the text, so a block closed with CRLF is not removed.
 */
export function dropCodeBlocks(body: string): string {
  return dropFenced(dropFenced(body, '```'), '~~~')
}

function dropFenced(body: string, fence: string): string {
  let kept = ''
  let from = 0
  for (;;) {
    const open = lineStart(body, fence, from)
    if (open < 0) return kept + body.slice(from)
    const end = closing(body, fence, open + fence.length)
    if (end < 0) return kept + body.slice(from)
    kept += body.slice(from, open)
    from = end
  }
}

/** Index of the first line at or after `from` that starts with `fence`; -1 if there is none. */
function lineStart(body: string, fence: string, from: number): number {
  // `from` is the start of the text, or follows the line break of a closing fence.
  if (body.startsWith(fence, from)) return from
  const at = body.indexOf(`\n${fence}`, from)
  return at < 0 ? -1 : at + 1
}

/** Index after the first closing fence from `from` on; -1 if the block is never closed. */
function closing(body: string, fence: string, from: number): number {
  const mark = `\n${fence}`
  for (let at = body.indexOf(mark, from); at >= 0; at = body.indexOf(mark, at + 1)) {
    const after = at + mark.length
    if (after === body.length) return after
    if (body[after] === '\n') return after + 1
  }
  return -1
}
