using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Questions about a descriptor that may be a terminal.</summary>
public static unsafe partial class Terminal
{
    private const nuint TIOCGWINSZ = 0x5413;

    public static bool Is(int descriptor) => isatty(descriptor) == 1;

    /// <summary>Columns and rows; null where the descriptor is no terminal, or one that knows no size.</summary>
    public static (uint Columns, uint Rows)? GetSize(int descriptor)
    {
        WindowSize size = default;

        // A local of this frame: the kernel fills it before the call returns.
        return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size is { Columns: > 0, Rows: > 0 } ? (size.Columns, size.Rows) : null;
    }

    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, nuint request, WindowSize* argument);

    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        private readonly ushort _width;
        private readonly ushort _height;
    }
}
