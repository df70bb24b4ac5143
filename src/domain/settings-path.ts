/** Path of the settings file, both in a repository and in its organisation's `.github` repository. */
export const SETTINGS_PATH = '.github/flake-sla.yml'
