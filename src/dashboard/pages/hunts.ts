/** The hunts after a job: experiments beside its history, which never count in the SLA. */
import { type HuntRow, readHuntsOfJob } from '../../db/hunts.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, instant, name, table } from '../html.ts'

const MOST = 20

/** Nothing at all where nobody has hunted. */
export async function hunts(
  db: DashboardDeps['db'],
  repository: string,
  job: string,
  csvPath: string,
): Promise<Html | ''> {
  const found = await readHuntsOfJob(db, repository, job, MOST)
  if (found.length === 0) return ''
  return html`<h3>Hunts</h3>${table(
    'Experiments with this job, newest first; they do not count in the SLA',
    ['Hunt', 'Begun', 'Changed', 'What came out', 'Notes'],
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
  return ended_at === null ? 'under way, or broken off' : '–'
}
