using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>How a file is opened; close-on-exec is always added.</summary>
[Flags]
public enum OpenAs
{
    Read = 0,
    Write = 0x1,
    ReadWrite = 0x2,
    Create = 0x40,
    Exclusive = 0x80,
    NoTerminal = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,

    /// <summary>The rest differs between architectures, so it is translated and has numbers of its own.</summary>
    Directory = 1 << 24,
    NoFollow = 1 << 25,
    Path = 1 << 26,
}

/// <summary>How far a lookup may go.</summary>
/// <remarks>openat2(2).</remarks>
[Flags]
public enum Resolve : ulong
{
    None = 0,
    NoDevices = 0x01,
    NoMagicLinks = 0x02,
    NoSymlinks = 0x04,
    Beneath = 0x08,
    InRoot = 0x10,
}

internal static class FileFlags
{
    private const OpenAs Translated = OpenAs.Directory | OpenAs.NoFollow | OpenAs.Path;

    internal static int Native(this OpenAs flags)
    {
        int native = (int)(flags & ~Translated) | LibC.O_CLOEXEC;
        native |= (flags & OpenAs.Directory) != 0 ? LibC.O_DIRECTORY : 0;
        native |= (flags & OpenAs.NoFollow) != 0 ? LibC.O_NOFOLLOW : 0;
        return native | ((flags & OpenAs.Path) != 0 ? LibC.O_PATH : 0);
    }
}
