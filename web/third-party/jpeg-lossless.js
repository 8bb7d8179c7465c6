export { Decoder } from 'jpeg-lossless-decoder-js';
