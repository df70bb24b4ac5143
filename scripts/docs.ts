/** Rewrites the generated parts of the documentation. Tests compare them, so CI fails while they are outdated. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { COMMANDS } from '../src/features/all.ts'
import { settingsJsonSchema } from '../src/settings/schema.ts'
import { commandSection } from '../src/texts/help.ts'
import { diagram, layerTable, partsOf, readImports } from './architecture.ts'
import { writeGenerated } from './generated.ts'
import { dumpSchema } from './schema.ts'

const root = new URL('../', import.meta.url)

const database = await openDatabase('memory')
await migrate(database.db)
writeFileSync(new URL('docs/schema.sql', root), await dumpSchema(database.db))
await database.close()

const architecture = new URL('docs/architecture.md', root)
const imports = diagram(partsOf(await readImports(fileURLToPath(root))))
const withLayers = writeGenerated(readFileSync(architecture, 'utf8'), 'layers', `\n\n${layerTable()}\n\n`)
writeFileSync(
  architecture,
  writeGenerated(withLayers, 'imports', `\n\n\`\`\`mermaid\n${imports}\n\`\`\`\n\n`),
)

const schema = JSON.stringify(settingsJsonSchema(), null, 2)
writeFileSync(new URL('schema/flake-sla.schema.json', root), `${schema}\n`)

const readme = new URL('README.md', root)
const commands = `\n\n${commandSection(COMMANDS).join('\n')}\n\n`
writeFileSync(readme, writeGenerated(readFileSync(readme, 'utf8'), 'commands', commands))

// Formatted like all other files.
const biome = fileURLToPath(new URL('node_modules/@biomejs/biome/bin/biome', root))
execFileSync(process.execPath, [biome, 'format', '--write', 'README.md', 'docs/architecture.md', 'schema'], {
  cwd: fileURLToPath(root),
  stdio: ['ignore', 'ignore', 'inherit'],
})
