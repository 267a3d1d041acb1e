/**
 * Run before each test file: nodes under test never find the n8n folder of whoever runs the tests,
 * not even one that works on after its test has ended.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.N8N_USER_FOLDER = join(tmpdir(), `n8n-tests-${process.pid}`);
