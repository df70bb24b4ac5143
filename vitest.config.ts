import { defineConfig } from 'vitest/config'

const result = process.env.VITEST_JSON

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts'],
    setupFiles: ['test/support/fast-check.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // By default one core is left idle, and most tests wait for a database or a process anyway.
    maxWorkers: '100%',
    reporters: result ? ['default', ['json', { outputFile: result }]] : ['default'],
  },
})
