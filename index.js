// What mailers outside n8n use; n8n itself loads the nodes that package.json lists.
module.exports = require('./dist/src/mailer.js');
