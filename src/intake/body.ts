/** Reads request bodies within bounds: so many bytes each, and so many held at once by senders nobody knows yet. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export type BodyProblem = 'too large' | 'broken' | 'busy'

export interface BodyLimits {
  /** Bytes of one body. */
  most: number
  /** Bytes of large bodies held at once, all senders together. */
  mostHeld: number
}

/** GitHub sends no payload larger than this. */
const MAX_BYTES = 25 * 1024 * 1024
export const BODY_LIMITS: BodyLimits = { most: MAX_BYTES, mostHeld: 10 * MAX_BYTES }

/** Almost every payload is smaller; those are always taken, so that large ones cannot crowd them out. */
const SMALL_BYTES = 256 * 1024

export interface BodyReader {
  /** The whole body, or why there is none. What it takes counts as held until the response is done. */
  read(request: IncomingMessage, response: ServerResponse): Promise<Buffer | BodyProblem>
}

/** A reader with its own count of held bytes: one for a server. */
export function createBodyReader({ most, mostHeld }: BodyLimits = BODY_LIMITS): BodyReader {
  let held = 0
  return {
    async read(request, response) {
      // Whoever announces too much need not send it first; whoever announces less than they send is cut off by the parser.
      if (Number(request.headers['content-length'] ?? 0) > most) return 'too large'
      let own = 0
      response.once('close', () => {
        held -= own
      })
      return collect(request, (length) => {
        if (length > most) return 'too large'
        if (length <= SMALL_BYTES) return null
        held += length - own
        own = length
        return held > mostHeld ? 'busy' : null
      })
    },
  }
}

/** @param refusal whether a body that has grown to `length` bytes goes too far */
function collect(
  request: IncomingMessage,
  refusal: (length: number) => BodyProblem | null,
): Promise<Buffer | BodyProblem> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      const problem = refusal(length)
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
