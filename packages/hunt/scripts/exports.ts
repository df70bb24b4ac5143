/**
 * Points `exports` in package.json at the sources or at the compiled files: `node scripts/exports.ts src|dist`. In the
 * repository Node runs the sources. In an installed package it cannot: it strips no types under node_modules.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const PATH = new URL('../package.json', import.meta.url)
const target = process.argv[2]
if (target !== 'src' && target !== 'dist') throw new Error('Usage: node scripts/exports.ts src|dist')

const text = readFileSync(PATH, 'utf8')
writeFileSync(
  PATH,
  target === 'dist'
    ? text.replace(/"\.\/src\/(.*)\.ts"/g, '"./dist/$1.js"')
    : text.replace(/"\.\/dist\/(.*)\.js"/g, '"./src/$1.ts"'),
)
