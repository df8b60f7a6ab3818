import { execFileSync } from 'node:child_process';
import { chromium, type Page } from '@playwright/test';
import { expect, test } from '../fixtures.js';
import { Site } from '../site.js';
