import { describe, expect, test } from 'vitest'
import { type Trend, trendSvg, trendWords } from '../../src/dashboard/charts/trend.ts'
import { addDays } from '../../src/dashboard/dates.ts'

function aTrend(values: Partial<Trend> = {}): Trend {
  const days = Array.from({ length: 90 }, (_, i) => ({
    start: addDays('2025-11-10', i),
    rate: null as number | null,
    breached: false,
    partial: false,
  }))
  return { days, weeks: [], target: 0.01, incidents: [], definitionChanges: [], ...values }
}

async function draw(trend: Trend): Promise<string> {
  return String(await trendSvg(trend, { width: 1040, height: 260 }, 't'))
}

describe('the trend', () => {
  test('distinguishes no data, in SLA, out of SLA and in progress by more than colour', async () => {
    const trend = aTrend()
    Object.assign(trend.days[1] ?? {}, { rate: 0 })
    Object.assign(trend.days[2] ?? {}, { rate: 0.05, breached: true })
    Object.assign(trend.days[3] ?? {}, { rate: 0.05, breached: true, partial: true })
    const svg = await draw(trend)
    expect(svg.match(/<circle class="none"/g)).toHaveLength(87)
    expect(svg.match(/<rect class="in"/g)).toHaveLength(1)
    expect(svg.match(/<rect class="out"/g)).toHaveLength(1)
    expect(svg.match(/<rect class="out partial"/g)).toHaveLength(1)
    expect(svg).toContain('in progress</title>')
  })

  test('one day of a single pull request does not flatten the weeks', async () => {
    const trend = aTrend({ weeks: [{ start: '2025-11-10', rate: 0.04, breached: true, partial: false }] })
    Object.assign(trend.days[2] ?? {}, { rate: 1, breached: true })
    const svg = await draw(trend)
    expect(svg).toContain('class="over"')
    expect(svg).not.toContain('100%</text>')
  })

  test('a week without data breaks the line', async () => {
    const week = (start: string, rate: number | null) => ({ start, rate, breached: false, partial: false })
    const svg = await draw(
      aTrend({
        weeks: [
          week('2025-11-10', 0.01),
          week('2025-11-17', 0.01),
          week('2025-11-24', null),
          week('2025-12-01', 0.01),
          week('2025-12-08', 0.01),
        ],
      }),
    )
    expect(/<path class="week" d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2)
  })

  test('shades incidents and marks changes of the definition version', async () => {
    const svg = await draw(
      aTrend({ incidents: [{ from: '2025-12-01', to: '2025-12-02' }], definitionChanges: ['2026-01-01'] }),
    )
    expect(svg).toContain('<title>Incident, 1 Dec to 2 Dec</title>')
    expect(svg).toContain('Definition version changed on 1 Jan')
  })

  test('data from before the first day is not drawn', async () => {
    const svg = await draw(
      aTrend({ incidents: [{ from: '2025-01-01', to: '2025-01-02' }], definitionChanges: ['2025-01-01'] }),
    )
    expect(svg).not.toMatch(/NaN|class="incident"|class="change"/)
  })

  test('has a text alternative', () => {
    const trend = aTrend({ weeks: [{ start: '2025-11-10', rate: 0.04, breached: true, partial: false }] })
    Object.assign(trend.days[2] ?? {}, { rate: 0.05, breached: true })
    expect(trendWords(trend)).toBe(
      'Flake rate over the last 90 days; target below 1%. 1 of 1 day with data was out of SLA. Latest week with data: 4%.',
    )
  })
})
