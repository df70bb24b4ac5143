/** Reads request bodies within two limits: the bytes of one body, and the bytes held at once for all senders. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export type BodyProblem = 'too large' | 'broken' | 'busy'

export interface BodyLimits {
  /** Bytes of one body. */
  maxBytes: number
  /** Bytes of large bodies held at once, for all senders together. */
  maxHeldBytes: number
}

/** GitHub sends no larger payload. */
const MAX_BYTES = 25 * 1024 * 1024
export const BODY_LIMITS: BodyLimits = { maxBytes: MAX_BYTES, maxHeldBytes: 10 * MAX_BYTES }

/** Almost every payload is smaller. Small bodies are always accepted, so that large ones cannot crowd them out. */
const SMALL_BYTES = 256 * 1024

export interface BodyReader {
  /** Resolves to the whole body, or to the reason why it was not read. Its bytes are held until the response is closed. */
  read(request: IncomingMessage, response: ServerResponse): Promise<Buffer | BodyProblem>
}

/** Creates a reader with its own count of held bytes. A server needs one. */
export function createBodyReader({ maxBytes, maxHeldBytes }: BodyLimits = BODY_LIMITS): BodyReader {
  let heldBytes = 0
  return {
    async read(request, response) {
      // A length that is announced too large is refused before it is sent. The HTTP parser cuts off what exceeds the length.
      if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large'
      let ownBytes = 0
      response.once('close', () => {
        heldBytes -= ownBytes
      })
      return collect(request, (length) => {
        if (length > maxBytes) return 'too large'
        if (length <= SMALL_BYTES) return null
        heldBytes += length - ownBytes
        ownBytes = length
        return heldBytes > maxHeldBytes ? 'busy' : null
      })
    },
  }
}

/** @param check called with the bytes read so far; returns why reading has to stop, or null to continue */
function collect(
  request: IncomingMessage,
  check: (length: number) => BodyProblem | null,
): Promise<Buffer | BodyProblem> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      const problem = check(length)
      if (problem === null) return void chunks.push(chunk)
      request.pause()
      chunks = []
      resolve(problem)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve('broken'))
    request.on('close', () => resolve('broken'))
  })
}
