import { render } from 'preact';
import '../../shared/style/base.css';
import './local.css';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root) render(<App />, root);
