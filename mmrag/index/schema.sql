-- The truth of an index. Everything else in its folder is derived from this file or addressed by content.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Every file that a run has seen, with what became of it.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    pages INTEGER NOT NULL,
    seconds REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL,
    title TEXT NOT NULL,
    page_count INTEGER NOT NULL,
    paged INTEGER NOT NULL,
    metadata TEXT NOT NULL
);

-- lines: JSON of [text, x0, y0, x1, y1] in page fractions, compressed with zlib.
CREATE TABLE pages (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    width REAL,
    height REAL,
    rotation INTEGER NOT NULL,
    label TEXT NOT NULL,
    error TEXT,
    lines BLOB NOT NULL,
    UNIQUE (document, number)
);

CREATE TABLE elements (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    page INTEGER NOT NULL REFERENCES pages(row) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    x0 REAL, y0 REAL, x1 REAL, y1 REAL,
    text TEXT NOT NULL,
    caption TEXT NOT NULL,
    section TEXT NOT NULL,
    position INTEGER NOT NULL,
    picture TEXT,
    metadata TEXT NOT NULL
);
CREATE INDEX elements_by_id ON elements(id);
CREATE INDEX elements_by_page ON elements(page);
CREATE INDEX elements_by_document ON elements(document);
CREATE INDEX elements_by_picture ON elements(picture) WHERE picture IS NOT NULL;

-- Pictures are files named by their content; see mmrag/index/assets.py.
CREATE TABLE assets (
    id TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL
) WITHOUT ROWID;

-- Who has made vectors, by everything that shaped them.
CREATE TABLE encoders (row INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE);

-- Home of the vectors of chunks: float32, little-endian, one for each distinct content and encoder, whatever
-- views share it. key: 16 bytes that stand for the text or the picture.
CREATE TABLE vectors (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    encoder INTEGER NOT NULL REFERENCES encoders(row),
    key BLOB NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (encoder, key)
);

-- One ranked list of a view: of chunks with one vector each, or of pages with many (paged = 1).
CREATE TABLE spaces (
    row INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dim INTEGER NOT NULL,
    paged INTEGER NOT NULL,
    fingerprint TEXT NOT NULL
);

-- Which views have been laid over which document, and what one lacks of it.
CREATE TABLE views (
    document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    name TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (document, name)
) WITHOUT ROWID;

CREATE TABLE chunks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    space INTEGER NOT NULL REFERENCES spaces(row),
    document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    page INTEGER NOT NULL REFERENCES pages(row) ON DELETE CASCADE,
    element INTEGER NOT NULL REFERENCES elements(row) ON DELETE CASCADE,
    vector INTEGER NOT NULL REFERENCES vectors(row),
    snippet TEXT NOT NULL
);
CREATE INDEX chunks_places ON chunks(space, row, page, element);
CREATE INDEX chunks_by_vector ON chunks(vector);
CREATE INDEX chunks_by_document ON chunks(document);
CREATE INDEX chunks_by_page ON chunks(page);
CREATE INDEX chunks_by_element ON chunks(element);

-- Home of the vectors of pages in spaces of many vectors a page. vectors: (count, dim) float16, little-endian.
-- boxes: (count, 4) uint16, little-endian, 65534ths of the page; 65535 where a vector is of no place.
CREATE TABLE page_vectors (
    page INTEGER NOT NULL REFERENCES pages(row) ON DELETE CASCADE,
    space INTEGER NOT NULL REFERENCES spaces(row),
    document INTEGER NOT NULL REFERENCES documents(row) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    vectors BLOB NOT NULL,
    boxes BLOB NOT NULL,
    PRIMARY KEY (space, page)
);
CREATE INDEX page_vectors_by_page ON page_vectors(page);
CREATE INDEX page_vectors_by_document ON page_vectors(document);

-- Derived vector files: the file of a space, and the checksum it must have.
CREATE TABLE derived (
    space INTEGER PRIMARY KEY REFERENCES spaces(row),
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL
);

-- BM25 over terms that mmrag.text has already cut, stemmed and folded: the tokenizer only splits at spaces.
CREATE VIRTUAL TABLE page_terms USING fts5 (
    terms, tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\]^_`{|}~'"
);
CREATE VIRTUAL TABLE element_terms USING fts5 (
    terms, tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\]^_`{|}~'"
);
CREATE TRIGGER pages_gone AFTER DELETE ON pages BEGIN
    DELETE FROM page_terms WHERE rowid = old.row;
END;
CREATE TRIGGER elements_gone AFTER DELETE ON elements BEGIN
    DELETE FROM element_terms WHERE rowid = old.row;
END;
