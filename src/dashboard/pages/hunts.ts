/** The hunts of a job: experiments that never count towards the SLA. */
import { type HuntRow, readHuntsOfJob } from '../../db/hunts.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, instant, name, table } from '../html.ts'

const MAX_HUNTS = 20

/** The section on a job's page; empty if the job has no hunts. */
export async function hunts(
  db: DashboardDeps['db'],
  repository: string,
  job: string,
  csvPath: string,
): Promise<Html | ''> {
  const found = await readHuntsOfJob(db, repository, job, MAX_HUNTS)
  if (found.length === 0) return ''
  return html`<h3>Hunts</h3>${table(
    'Experiments with this job, newest first. They do not count towards the SLA.',
    ['Hunt', 'Started', 'Changed', 'Result', 'Notes'],
    found.map((hunt) => [
      name(hunt.name),
      instant(hunt.started_at),
      hunt.changed === null ? '–' : name(hunt.changed),
      outcome(hunt),
      hunt.notes === '' ? '–' : name(hunt.notes),
    ]),
  )}${csvLink(csvPath, 'Hunts')}`
}

function outcome({ headline, ended_at }: HuntRow): Html | string {
  if (headline !== null) return name(headline)
  return ended_at === null ? 'running or interrupted' : '–'
}
