/** Where the pixel is served, below the base URL: the trigger's default path and every link's. */
export const PIXEL_PATH = 'email-open/pixel.png';
