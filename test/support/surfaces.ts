/** Asks the dashboard, its API, CSV and metrics, and the command line, as people and scripts do. */

import { vi } from 'vitest'
import { printReport } from '../../src/cli/report.ts'
import { type DashboardDeps, dashboard } from '../../src/dashboard/app.ts'
import type { Db, Row } from '../../src/db/schema.ts'
import type { Settings } from '../../src/domain/settings.ts'

/** One repository under some settings at some time (epoch ms). */
export interface Surroundings {
  db: Db
  repository: Row<'repository'>
  settings: Settings
  now: number
}

/** Answers of the dashboard about one repository. */
export class Dashboard {
  private readonly app: ReturnType<typeof dashboard>
  private readonly path: string

  constructor({ db, repository, settings, now }: Surroundings, deps: Partial<DashboardDeps> = {}) {
    const settingsOf = async () => settings
    this.app = dashboard({
      ...{ db, settingsOf, now: () => now, publicUrl: null, githubUrl: 'https://github.com' },
      ...deps,
    })
    this.path = repository.full_name
  }

  /** The words of a page, without its tags. */
  async page(path = ''): Promise<string> {
    const page = await this.get(`/${this.path}${path}`)
    return page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse(await this.get(`/api/v1/repositories/${this.path}${path}`))
  }

  /** The rows of a table as CSV, by column. No test name holds a comma or a quote. */
  async csv(path: string): Promise<Record<string, string>[]> {
    const [head = '', ...lines] = (await this.get(`/api/v1/repositories/${this.path}${path}`))
      .trim()
      .split(/\r?\n/)
    const names = head.split(',')
    return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? '', cell])))
  }

  /** The value of a metric of the repository; null where it is not reported. */
  async metric(name: string, labels = ''): Promise<number | null> {
    const text = await this.get('/metrics')
    const line = text
      .split('\n')
      .find((text) => text.startsWith(`${name}{repository="${this.path}"${labels}}`))
    return line === undefined ? null : Number(line.split(' ').at(-1))
  }

  private async get(path: string): Promise<string> {
    const response = await this.app.request(path)
    if (response.status !== 200) throw new Error(`${path} answers ${response.status}`)
    return response.text()
  }
}

/** What `report --format json` prints about a repository under its stored settings. @param date `YYYY-MM-DD` */
export async function printedReport({ db, repository }: Surroundings, date: string) {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const code = process.exitCode
  try {
    await printReport(db, [repository], { format: 'json', date })
    return JSON.parse(write.mock.calls.map(([text]) => String(text)).join('')).repositories[0]
  } finally {
    write.mockRestore()
    process.exitCode = code
  }
}
