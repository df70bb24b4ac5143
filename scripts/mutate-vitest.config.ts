/** Vitest for `npm run mutate`: only the tests in MUTATE_TESTS, and no database for rooms that need none. */
import { defineConfig } from 'vitest/config'
import base from '../vitest.config.ts'

const include = (process.env.MUTATE_TESTS ?? '').split(',')
const needsDatabase = process.env.MUTATE_DATABASE === 'yes'

export default defineConfig({
  test: {
    ...base.test,
    include,
    globalSetup: needsDatabase ? (base.test?.globalSetup ?? []) : [],
    maxWorkers: 1,
    reporters: ['default'],
  },
})
