using System.Text;

namespace CrunSharp.ImageMaker;

/// <summary>One member of a tar archive. Names, targets and attributes are bytes.</summary>
public sealed record TarItem
{
    public required byte[] Name { get; init; }

    /// <summary>The type flag: '0' file, '1' hard link, '2' symlink, '3' and '4' devices, '5' directory, '6' fifo.</summary>
    public char Type { get; init; } = '0';

    public int Mode { get; init; } = 0x1a4;

    public int Uid { get; init; }

    public int Gid { get; init; }

    /// <summary>Seconds since 1970, as PAX writes it where it has a fraction or a sign.</summary>
    public string Time { get; init; } = "1700000000";

    public byte[] Target { get; init; } = [];

    public int Major { get; init; }

    public int Minor { get; init; }

    public byte[] Content { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>Where a sparse file has data; null for an ordinary file. Content then holds only these extents, end to end.</summary>
    public Sparse? Sparse { get; init; }

    /// <summary>Write owner and group as base-256 numbers, as GNU tar does when they do not fit.</summary>
    public bool BinaryNumbers { get; init; }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

public enum SparseFormat
{
    OldGnu,
    Pax01,
    Pax10,
}

public sealed record Sparse(SparseFormat Format, long Size, IReadOnlyList<(long Offset, long Length)> Extents);
