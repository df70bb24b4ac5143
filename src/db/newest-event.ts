/** Which of a pull request's events is its newest: GitHub's times have whole seconds, so several events can share one. */
import { type RawBuilder, sql } from 'kysely'

/** The columns to order events of one pull request by, newest first. @param alias of `pull_request_event` in the query */
export function newestEventFirst(alias: string): RawBuilder<unknown> {
  const column = (name: string) => sql.ref(`${alias}.${name}`)
  return sql`${column('reported_at')} desc, ${column('action')} <> 'before' desc, ${column('action')} desc,
    ${column('base_ref')} desc, ${column('head_sha')}`
}
