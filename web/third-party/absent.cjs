// Stands in for what geotiff.js would bring along and web/tiff.js does not use.
module.exports = {};
