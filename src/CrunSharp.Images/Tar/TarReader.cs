using CrunSharp.Linux;

namespace CrunSharp.Images.Tar;

/// <summary>Reads ustar, GNU and PAX archives, names and attributes as the bytes they are.</summary>
/// <remarks>
/// POSIX.1-2017, pax: "ustar Interchange Format" and "pax Interchange Format"; GNU tar 1.35, "Basic Tar Format".
/// Where readers in use disagree about what an archive contains, it is refused: such archives are made to be read twice.
/// </remarks>
internal sealed partial class TarReader(ArchiveInput input, UnpackLimits limits)
{
    private const int BlockSize = 512;

    private readonly byte[] _block = new byte[BlockSize];
    private long _dataLeft;
    private int _padding;

    public TarEntry Entry { get; } = new();

    public long Count { get; private set; }

    private enum Format
    {
        V7,
        Posix,
        Star,
        Gnu,
    }

    /// <summary>Goes to the next member, past what was not read of the one before. False at the end.</summary>
    /// <exception cref="InvalidDataException">The archive is malformed, ambiguous, or beyond a limit.</exception>
    public bool Read()
    {
        input.Skip(_dataLeft + _padding);
        (_dataLeft, _padding) = (0, 0);
        ForgetExtensions();
        while (ReadHeader())
        {
            byte type = _block[156];
            long size = TarNumber.Parse(_block.AsSpan(124, 12), "size");
            if (size < 0)
            {
                throw new InvalidDataException("its size is negative");
            }

            if (!ReadExtension(type, size))
            {
                Begin(type, size);
                return ++Count <= limits.Entries ? true : throw new InvalidDataException($"it has more than {limits.Entries} entries");
            }
        }

        return HasExtensions ? throw new InvalidDataException("it ends after the extended header of an entry that does not follow") : false;
    }

    /// <summary>A piece of the member's stored bytes, consumed; empty when there are no more.</summary>
    public ReadOnlySpan<byte> TakeData(long most)
    {
        if (_dataLeft == 0 || most == 0)
        {
            return default;
        }

        ReadOnlySpan<byte> taken = input.Take(Math.Min(most, _dataLeft));
        _dataLeft -= taken.Length;
        return taken.IsEmpty ? throw ArchiveInput.Truncated() : taken;
    }

    private bool ReadHeader()
    {
        if (!input.TryReadExactly(_block))
        {
            // Written by something that leaves out the two empty blocks; every reader takes it.
            return false;
        }

        if (!_block.AsSpan().ContainsAnyExcept((byte)0))
        {
            return input.TryReadExactly(_block) && _block.AsSpan().ContainsAnyExcept((byte)0)
                ? throw new InvalidDataException("an empty block stands between its entries: some readers end there, others go on")
                : false;
        }

        long expected = TarNumber.Parse(_block.AsSpan(148, 8), "header checksum");
        long unsigned = 0;
        long signed = 0;
        for (int index = 0; index < BlockSize; index++)
        {
            byte value = index is >= 148 and < 156 ? (byte)' ' : _block[index];
            unsigned += value;
            signed += (sbyte)value;
        }

        // Some old programs added signed characters.
        return expected == unsigned || expected == signed
            ? true
            : throw new InvalidDataException($"no tar header at byte {input.Position - BlockSize}: the checksum is wrong");
    }

    private Format DetectFormat()
    {
        ReadOnlySpan<byte> magic = _block.AsSpan(257, 8);
        if (magic.SequenceEqual("ustar  \0"u8))
        {
            return Format.Gnu;
        }

        if (!magic[..6].SequenceEqual("ustar\0"u8))
        {
            return Format.V7;
        }

        return _block.AsSpan(508, 4).SequenceEqual("tar\0"u8) ? Format.Star : Format.Posix;
    }

    private void Begin(byte type, long size)
    {
        Format format = DetectFormat();
        size = _paxSize ?? size;
        SetNames(format);
        Entry.Kind = KindOf(type, ref size);
        Entry.Mode = (uint)TarNumber.Parse(_block.AsSpan(100, 8), "mode") & 0xFFF;
        Entry.Owner = TarNumber.ToId(_paxOwner ?? TarNumber.Parse(_block.AsSpan(108, 8), "owner"), "owner");
        Entry.Group = TarNumber.ToId(_paxGroup ?? TarNumber.Parse(_block.AsSpan(116, 8), "group"), "group");
        Entry.Modified = _paxModified ?? new FileTime(TarNumber.Parse(_block.AsSpan(136, 12), "time"), 0);
        Entry.Device = Entry.Kind is TarKind.CharacterDevice or TarKind.BlockDevice
            ? new DeviceNumber(
                (uint)TarNumber.Parse(_block.AsSpan(329, 8), "device number"), (uint)TarNumber.Parse(_block.AsSpan(337, 8), "device number"))
            : default;
        Entry.Sparse = null;
        (Entry.Size, Entry.StoredSize) = (size, size);
        _dataLeft = size;
        _padding = (int)(-size & (BlockSize - 1));
        BeginSparse(type, format);
    }

    private TarKind KindOf(byte type, ref long size)
    {
        TarKind kind = type switch
        {
            (byte)'0' or (byte)'7' or 0 => Entry.Path.EndsWith("/"u8) ? TarKind.Directory : TarKind.Regular,
            (byte)'S' => TarKind.Regular,
            (byte)'1' => TarKind.HardLink,
            (byte)'2' => TarKind.SymbolicLink,
            (byte)'3' => TarKind.CharacterDevice,
            (byte)'4' => TarKind.BlockDevice,
            (byte)'5' => TarKind.Directory,
            (byte)'6' => TarKind.Fifo,
            _ => throw new InvalidDataException($"'{FileSystem.Show(Entry.Path)}' is of the unknown type {ShowType(type)}"),
        };
        if (kind == TarKind.HardLink)
        {
            // Old writers put the file's size here; no reader expects data.
            size = 0;
        }

        return kind == TarKind.Regular || size == 0
            ? kind
            : throw new InvalidDataException($"'{FileSystem.Show(Entry.Path)}' is no file, but has a size: readers disagree on whether data follow");
    }

    private void SetNames(Format format)
    {
        ReadOnlySpan<byte> prefix = format switch
        {
            Format.Posix => Text(345, 155),
            Format.Star => Text(345, 131),
            _ => default,
        };
        if (_longName is not null && _paxPath is not null || _longLink is not null && _paxLinkPath is not null)
        {
            throw new InvalidDataException("an entry has both a GNU and a PAX name: readers disagree on which counts");
        }

        if ((_paxPath ?? _longName) is { } path)
        {
            Entry.SetPath(default, path);
        }
        else
        {
            Entry.SetPath(prefix, Text(0, 100));
        }

        Entry.SetLinkTarget((_paxLinkPath ?? _longLink) is { } target ? target : Text(157, 100));
        CheckLength(Entry.Path);
        CheckLength(Entry.LinkTarget);
    }

    private void CheckLength(ReadOnlySpan<byte> path)
    {
        if (path.Length > limits.PathLength)
        {
            throw new InvalidDataException($"a path of {path.Length} bytes begins with '{FileSystem.Show(path[..60])}'; at most {limits.PathLength} are accepted");
        }

        if (path.Contains((byte)0))
        {
            throw new InvalidDataException($"the path '{FileSystem.Show(path).Replace("\0", "\\0", StringComparison.Ordinal)}' has a NUL inside");
        }
    }

    private ReadOnlySpan<byte> Text(int start, int length)
    {
        ReadOnlySpan<byte> field = _block.AsSpan(start, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static string ShowType(byte type) =>
        type is > 0x20 and < 0x7F ? $"'{(char)type}'" : string.Create(null, stackalloc char[8], $"0x{type:x2}");
}
