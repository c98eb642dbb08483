using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>Reads the names of an open directory, without <c>.</c> and <c>..</c>, in the file system's order.</summary>
/// <remarks>Shares the descriptor's position: one reader at a time for one descriptor.</remarks>
public sealed partial class DirectoryReader : IDisposable
{
    // struct linux_dirent64, getdents64(2): d_ino, d_off, d_reclen, d_type, d_name.
    private const int LengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;

    private readonly SafeFileHandle _directory;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(32768);
    private int _next;
    private int _end;

    public DirectoryReader(SafeFileHandle directory)
    {
        _directory = directory;
        FileSystem.Seek(directory, 0);
    }

    /// <summary>Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            ReadOnlySpan<byte> name = _buffer.AsSpan(Position + NameAt, Length - NameAt);
            return name[..name.IndexOf((byte)0)];
        }
    }

    public ulong Inode => BitConverter.ToUInt64(_buffer, Position);

    /// <summary>Null where the file system does not say; ask for the status then.</summary>
    public FileKind? Kind => _buffer[Position + TypeAt] is var type && type == 0 ? null : (FileKind)(type << 12);

    private int Position { get; set; }

    private int Length => BitConverter.ToUInt16(_buffer, Position + LengthAt);

    public bool Read()
    {
        do
        {
            if (_next == _end && !Fill())
            {
                return false;
            }

            Position = _next;
            _next += Length;
        }
        while (Name.SequenceEqual("."u8) || Name.SequenceEqual(".."u8));
        return true;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private unsafe bool Fill()
    {
        // Pinned for the call.
        fixed (byte* pointer = _buffer)
        {
            nint count = getdents64(_directory, pointer, (nuint)_buffer.Length);
            if (count < 0)
            {
                throw FileSystem.Failure("getdents64", _directory, default);
            }

            (_next, _end) = (0, (int)count);
            return count > 0;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint getdents64(SafeFileHandle fd, byte* buffer, nuint size);
}
