namespace CrunSharp.Linux;

/// <summary>What an inode is, by the format bits of its mode.</summary>
public enum FileKind : uint
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}

/// <summary>The facts of an inode.</summary>
public readonly record struct FileStatus
{
    public required ulong Device { get; init; }

    public required ulong Inode { get; init; }

    public required FileKind Kind { get; init; }

    /// <summary>Permissions with setuid, setgid and sticky; without the kind.</summary>
    public required uint Mode { get; init; }

    public required uint Owner { get; init; }

    public required uint Group { get; init; }

    public required ulong Links { get; init; }

    public required long Size { get; init; }

    /// <summary>Of a device node.</summary>
    public required DeviceNumber Node { get; init; }

    public required FileTime Modified { get; init; }

    public required FileTime Accessed { get; init; }

    /// <summary>Units of 512 bytes that it occupies.</summary>
    public required long Blocks { get; init; }

    /// <summary>Overlay's sign that a name below is hidden.</summary>
    public bool IsWhiteout => Kind == FileKind.CharacterDevice && Node == default;

    public bool IsSameAs(in FileStatus other) => Device == other.Device && Inode == other.Inode;
}

public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <summary>As the kernel's calls take it.</summary>
    /// <remarks>makedev(3); the halves are split so that old 16 bit numbers keep their meaning.</remarks>
    public ulong Encoded =>
        (Minor & 0xFFul) | ((Major & 0xFFFul) << 8) | ((ulong)(Minor & ~0xFFu) << 12) | ((ulong)(Major & ~0xFFFu) << 32);

    public static DeviceNumber Decode(ulong encoded) => new(
        (uint)((encoded >> 8) & 0xFFF) | (uint)((encoded >> 32) & 0xFFFFF000),
        (uint)(encoded & 0xFF) | (uint)((encoded >> 12) & 0xFFFFFF00));
}

/// <summary>Seconds since 1970, before which they are negative, and nanoseconds.</summary>
public readonly record struct FileTime(long Seconds, uint Nanoseconds);
