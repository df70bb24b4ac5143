/** The answer to a `/hunt`: what came out, and the page of the job. */

import { answerOf, type Hunt, huntMarkdown } from '@flake-sla/hunt'
import type { HuntRow } from '../../db/hunts.ts'
import { findJob } from '../../db/job-table.ts'
import { huntEndedText } from '../../texts/hunt.ts'
import type { TaskContext } from '../feature.ts'
import { storedSettings } from './context.ts'

/** The text about the runs so far. @param reason why the hunt stopped early, in words that end a sentence; null if it did not */
export async function answerText(
  context: Pick<TaskContext, 'deps' | 'repository'>,
  row: HuntRow,
  outcome: Hunt,
  reason: string | null,
): Promise<string> {
  const { job, ref: headSha, asked_by: askedBy } = storedSettings(row)
  const newest = outcome.runs.at(-1)
  return huntEndedText(
    { job, headSha, askedBy },
    {
      answer: huntMarkdown(answerOf(outcome)),
      brokenOff: reason,
      isRed: newest !== undefined && newest.outcome !== 'passed',
      page: await pageOf(context, job),
    },
  )
}

/** The page of the first job with that name: each of them shows the hunts of all. */
async function pageOf(
  {
    deps: { db, publicUrl },
    repository: { repository_id, full_name },
  }: Pick<TaskContext, 'deps' | 'repository'>,
  job: string,
): Promise<string | null> {
  if (publicUrl === null) return null
  const row = await findJob(db, repository_id, job)
  return row ? `${publicUrl}/${full_name}/jobs/${row.job_id}` : null
}
