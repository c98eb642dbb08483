using CrunSharp.Linux;

namespace CrunSharp.Images.Tar;

internal enum TarKind
{
    Regular,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// <summary>A part of a sparse file that has data; what lies between is a hole.</summary>
internal readonly record struct SparsePart(long Offset, long Length);

/// <summary>One member of an archive. The reader uses the same object again for the next one.</summary>
internal sealed class TarEntry
{
    private readonly ByteText _path = new();
    private readonly ByteText _linkTarget = new();

    public TarKind Kind { get; set; }

    /// <summary>As the archive has it: not checked, not cleaned.</summary>
    public ReadOnlySpan<byte> Path => _path.Span;

    public ReadOnlySpan<byte> LinkTarget => _linkTarget.Span;

    public uint Mode { get; set; }

    public uint Owner { get; set; }

    public uint Group { get; set; }

    public FileTime Modified { get; set; }

    public DeviceNumber Device { get; set; }

    /// <summary>Bytes of the file once it is unpacked, holes included.</summary>
    public long Size { get; set; }

    /// <summary>Bytes of it in the archive.</summary>
    public long StoredSize { get; set; }

    /// <summary>Null for a file without holes.</summary>
    public List<SparsePart>? Sparse { get; set; }

    public List<(byte[] Name, byte[] Value)> Xattrs { get; } = [];

    internal void SetPath(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => _path.Set(first, second);

    internal void SetLinkTarget(ReadOnlySpan<byte> target) => _linkTarget.Set(default, target);

    /// <summary>A buffer that grows and is used again.</summary>
    private sealed class ByteText
    {
        private byte[] _bytes = new byte[256];
        private int _length;

        public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

        /// <summary>Two parts with a slash between, or the second alone.</summary>
        public void Set(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            int start = first.IsEmpty ? 0 : first.Length + 1;
            _length = start + second.Length;
            if (_bytes.Length < _length)
            {
                _bytes = new byte[_length * 2];
            }

            if (start > 0)
            {
                first.CopyTo(_bytes);
                _bytes[start - 1] = (byte)'/';
            }

            second.CopyTo(_bytes.AsSpan(start));
        }
    }
}
