import { render } from 'preact';
import '../../shared/style/base.css';
import './resident.css';
import { App } from './app.tsx';
import { watchForUpdates } from './updates.ts';

const root = document.getElementById('app');
if (root) render(<App />, root);
watchForUpdates();
