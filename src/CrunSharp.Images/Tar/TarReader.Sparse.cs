namespace CrunSharp.Images.Tar;

// GNU's four ways to leave out the holes of a file: one in the header, three in PAX records.
internal sealed partial class TarReader
{
    // 16 bytes each in memory; a file with more fragments than this is no use to anybody.
    private const int MostParts = 1 << 20;

    private readonly SparseRecords _sparse = new();

    private void BeginSparse(byte type, Format format)
    {
        if (_sparse.Name is { } name && !_sparse.IsEmpty)
        {
            // The real one; 'path' holds a substitute for readers that know nothing of holes.
            Entry.SetPath(default, name);
            CheckLength(Entry.Path);
        }

        if (type == 'S')
        {
            Entry.Sparse = format == Format.Gnu && _sparse.IsEmpty
                ? ReadHeaderMap()
                : throw new InvalidDataException($"'{Linux.FileSystem.Show(Entry.Path)}' is marked sparse in two ways");
        }
        else if (!_sparse.IsEmpty && Entry.Kind == TarKind.Regular)
        {
            Entry.Size = _sparse.RealSize ?? throw MalformedMap();
            Entry.Sparse = _sparse.IsInData ? ReadDataMap() : _sparse.Parts;
        }

        if (Entry.Sparse is { } parts)
        {
            Entry.StoredSize = _dataLeft;
            CheckMap(parts);
        }
    }

    private List<SparsePart> ReadHeaderMap()
    {
        Entry.Size = TarNumber.Parse(_block.AsSpan(483, 12), "real size");
        List<SparsePart> parts = [];
        AddHeaderParts(parts, 386, 4);
        bool continues = _block[482] != 0;
        while (continues)
        {
            input.ReadExactly(_block);
            AddHeaderParts(parts, 0, 21);
            continues = _block[504] != 0;
        }

        return parts;
    }

    private void AddHeaderParts(List<SparsePart> parts, int start, int count)
    {
        for (int index = 0; index < count; index++)
        {
            ReadOnlySpan<byte> pair = _block.AsSpan(start + (index * 24), 24);
            if (pair[12] == 0)
            {
                return;
            }

            Add(parts, new SparsePart(TarNumber.Parse(pair[..12], "sparse map"), TarNumber.Parse(pair[12..], "sparse map")));
        }
    }

    // PAX 1.0: before the data, a number a line: the count, then offset and length of each part, filled up to a block.
    private List<SparsePart> ReadDataMap()
    {
        byte[] block = new byte[BlockSize];
        int position = BlockSize;
        long count = NextNumber(block, ref position);
        List<SparsePart> parts = [];
        for (long index = 0; index < count; index++)
        {
            Add(parts, new SparsePart(NextNumber(block, ref position), NextNumber(block, ref position)));
        }

        return parts;
    }

    private long NextNumber(byte[] block, ref int position)
    {
        long value = 0;
        for (int digits = 0; ; digits++)
        {
            if (position == BlockSize)
            {
                if (_dataLeft < BlockSize)
                {
                    throw MalformedMap();
                }

                input.ReadExactly(block);
                _dataLeft -= BlockSize;
                position = 0;
            }

            byte next = block[position++];
            if (next == '\n' && digits > 0)
            {
                return value;
            }

            value = next is >= (byte)'0' and <= (byte)'9' && digits < 18 ? (value * 10) + (next - '0') : throw MalformedMap();
        }
    }

    private void CheckMap(List<SparsePart> parts)
    {
        long end = 0;
        long stored = 0;
        foreach (SparsePart part in parts)
        {
            if (part.Offset < end || part.Length < 0 || part.Length > Entry.Size - part.Offset)
            {
                throw MalformedMap();
            }

            end = part.Offset + part.Length;
            stored += part.Length;
        }

        if (stored != Entry.StoredSize || Entry.Size < 0)
        {
            throw MalformedMap();
        }
    }

    private static void Add(List<SparsePart> parts, SparsePart part)
    {
        if (parts.Count == MostParts)
        {
            throw new InvalidDataException($"a sparse file has more than {MostParts} parts");
        }

        parts.Add(part);
    }

    private static InvalidDataException MalformedMap() => new("the map of a sparse file is malformed");

    /// <summary>The <c>GNU.sparse.*</c> records of one entry.</summary>
    private sealed class SparseRecords
    {
        private long? _offset;
        private bool _isVersion1;

        public bool IsEmpty { get; private set; } = true;

        public byte[]? Name { get; private set; }

        public long? RealSize { get; private set; }

        public List<SparsePart> Parts { get; private set; } = [];

        public bool IsInData => _isVersion1;

        public void Clear()
        {
            if (!IsEmpty)
            {
                (IsEmpty, Name, RealSize, Parts, _offset, _isVersion1) = (true, null, null, [], null, false);
            }
        }

        public void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            IsEmpty = false;
            if (key.SequenceEqual("name"u8))
            {
                Name = value.ToArray();
            }
            else if (key.SequenceEqual("size"u8) || key.SequenceEqual("realsize"u8))
            {
                RealSize = TarNumber.ParseDecimal(value, "real size");
            }
            else if (key.SequenceEqual("major"u8))
            {
                _isVersion1 = value.SequenceEqual("1"u8) ? true : value.SequenceEqual("0"u8) ? false : throw MalformedMap();
            }
            else if (key.SequenceEqual("offset"u8))
            {
                _offset = TarNumber.ParseDecimal(value, "sparse map");
            }
            else if (key.SequenceEqual("numbytes"u8))
            {
                Add(Parts, new SparsePart(_offset ?? throw MalformedMap(), TarNumber.ParseDecimal(value, "sparse map")));
                _offset = null;
            }
            else if (key.SequenceEqual("map"u8))
            {
                ReadMap(value);
            }
        }

        private void ReadMap(ReadOnlySpan<byte> map)
        {
            Parts.Clear();
            long? offset = null;
            foreach (Range range in map.Split((byte)','))
            {
                long number = TarNumber.ParseDecimal(map[range], "sparse map");
                if (offset is null)
                {
                    offset = number;
                }
                else
                {
                    Add(Parts, new SparsePart(offset.Value, number));
                    offset = null;
                }
            }

            if (offset is not null)
            {
                throw MalformedMap();
            }
        }
    }
}
