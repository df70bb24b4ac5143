/** The parts that webhook payloads share, as schemas: a payload is checked for what its event promises, no more. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { RepositoryFact } from '../../domain/facts.ts'

export const text = z.string().transform(storable)
/** One of GitHub's own words, such as an action or a state. */
export const word = z.string().max(100).transform(storable)
export const id = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
export const number = z.number().int().positive().max(2_147_483_647)
export const sha = z
  .string()
  .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i, 'is no commit SHA')
  .transform((value) => value.toLowerCase())
export const time = z
  .string()
  .max(64)
  .refine((value) => isTime(value), 'is no time')
  .transform((value) => new Date(value).toISOString())

/** PostgreSQL can hold neither NUL nor half a character; everything else is stored as it came, however odd. */
export function storable(value: string): string {
  return value.replaceAll('\u0000', '\uFFFD').toWellFormed()
}

/** Any JSON, made storable throughout. Throws RangeError when it is nested too deeply to be written again. */
export function storableJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (_key, part: unknown) => {
    if (typeof part === 'string') return storable(part)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [storable(key), one]))
  })
}

/** Null and absent are the same to us. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null)
}

export const user = z
  .object({ login: text, type: z.string().nullish() })
  .transform(({ login, type }) => ({ login, isBot: type === 'Bot' || login.endsWith('[bot]') }))

/** A deleted account is null; GitHub shows it as `ghost`. */
export const author = user.nullish().transform((value) => value ?? { login: 'ghost', isBot: false })

export const repository = z.object({
  id: id.positive(),
  full_name: text,
  private: z.boolean().nullish(),
  default_branch: text.nullish(),
})

export const envelope = z.object({
  action: word.nullish(),
  repository,
  installation: z.object({ id }).nullish(),
})

export type Envelope = z.infer<typeof envelope>

/** What the envelope says of its repository, as of `at`: the payload's newest time. */
export function repositoryFact(payload: Envelope, at: string): RepositoryFact {
  return {
    repository_id: payload.repository.id,
    full_name: payload.repository.full_name,
    private: payload.repository.private ?? false,
    default_branch: payload.repository.default_branch ?? null,
    installation_id: payload.installation?.id ?? null,
    reported_at: at,
    removed_at: null,
  }
}

/** A short stable name for an identity of any length: job names and URLs can be longer than an index takes. */
export function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 27)
}

function isTime(value: string): boolean {
  const at = Date.parse(value)
  return at >= 0 && at < Date.UTC(2200, 0)
}
