/** For mailers outside n8n. n8n itself loads the files that package.json lists under "n8n". */
module.exports = require('./dist/src/mailer.js');
