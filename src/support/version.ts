/** The version of this package: that of its package.json, which a bundler may leave behind. */
export const version = '0.1.0'
