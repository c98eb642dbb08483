using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Sockets of this host between processes: messages, descriptors.</summary>
public static unsafe partial class UnixSocket
{
    private const int LongestName = 107;

    /// <summary>Two connected ends; each message arrives whole, and the end of the other side is seen.</summary>
    public static (SafeFileHandle First, SafeFileHandle Second) Pair() => Pair(LibC.SOCK_SEQPACKET);

    /// <summary>Two connected ends of a stream.</summary>
    public static (SafeFileHandle First, SafeFileHandle Second) StreamPair() => Pair(LibC.SOCK_STREAM);

    /// <summary>Connects to a listening stream socket.</summary>
    public static SafeFileHandle ConnectStream(string path) => AtAddress(path, LibC.SOCK_STREAM, listen: false);

    /// <summary>Connects to a listening socket of whole messages.</summary>
    public static SafeFileHandle Connect(string path) => AtAddress(path, LibC.SOCK_SEQPACKET, listen: false);

    /// <summary>Makes the socket file and listens for whole messages.</summary>
    public static SafeFileHandle Listen(string path) => AtAddress(path, LibC.SOCK_SEQPACKET, listen: true);

    /// <summary>Takes one descriptor out of the next message; null when the other side ended without sending one.</summary>
    public static SafeFileHandle? ReceiveDescriptor(SafeFileHandle socket)
    {
        Span<byte> payload = stackalloc byte[4096];
        _ = Receive(socket, payload, out SafeFileHandle? descriptor);
        return descriptor;
    }

    /// <summary>Reads one message and the descriptor that came with it; 0 when the other side is gone.</summary>
    public static int Receive(SafeFileHandle socket, Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        descriptor = null;
        fixed (byte* pointer = buffer)
        {
            Control control = default;
            Vector vector = new() { Base = pointer, Length = (nuint)buffer.Length };
            Message message = new() { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
            nint got;
            while ((got = recvmsg(socket, &message, LibC.MSG_CMSG_CLOEXEC)) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != LibC.EINTR)
                {
                    throw new LinuxException(errno, "recvmsg");
                }

                message.ControlLength = (nuint)sizeof(Control);
            }

            if (message.ControlLength >= ControlLength && control.Level == LibC.SOL_SOCKET && control.Type == SCM_RIGHTS)
            {
                descriptor = new SafeFileHandle(control.Descriptor, ownsHandle: true);
            }

            return (int)got;
        }
    }

    /// <summary>Sends one descriptor, and a text that the other side may ignore.</summary>
    public static void SendDescriptor(SafeFileHandle socket, SafeFileHandle descriptor, string text)
    {
        byte[] payload = Encoding.UTF8.GetBytes(text.Length == 0 ? "\0" : text);
        fixed (byte* pointer = payload)
        {
            Control control = new()
            {
                Length = ControlLength,
                Level = LibC.SOL_SOCKET,
                Type = SCM_RIGHTS,
                Descriptor = (int)descriptor.DangerousGetHandle(),
            };
            Vector vector = new() { Base = pointer, Length = (nuint)payload.Length };
            Message message = new() { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
            if (sendmsg(socket, &message, LibC.MSG_NOSIGNAL) < 0)
            {
                throw Answer.Refused("sendmsg");
            }

            GC.KeepAlive(descriptor);
        }
    }

    private static (SafeFileHandle, SafeFileHandle) Pair(int type)
    {
        int* ends = stackalloc int[2];
        return socketpair(LibC.AF_UNIX, type | LibC.SOCK_CLOEXEC, 0, ends) < 0
            ? throw Answer.Refused("socketpair")
            : (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    private static SafeFileHandle AtAddress(string path, int type, bool listen)
    {
        // An address holds 107 bytes, a path may be longer: go through a descriptor of the directory.
        if (Encoding.UTF8.GetByteCount(path) > LongestName)
        {
            using SafeFileHandle directory = Descriptors.Open(Path.GetDirectoryName(path) ?? "/", LibC.O_PATH | LibC.O_DIRECTORY);
            return AtAddress($"/proc/self/fd/{directory.DangerousGetHandle()}/{Path.GetFileName(path)}", type, listen);
        }

        Address address = new() { Family = (ushort)LibC.AF_UNIX };
        uint length = 2u + (uint)Encoding.UTF8.GetBytes(path, new Span<byte>(address.Path, LongestName)) + 1;
        int fd = socket(LibC.AF_UNIX, type | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Answer.Refused("socket(AF_UNIX)");
        }

        SafeFileHandle handle = new(fd, ownsHandle: true);
        bool done = listen
            ? bind(handle, &address, length) == 0 && UnixSocket.listen(handle, 8) == 0
            : connect(handle, &address, length) == 0;
        if (done)
        {
            return handle;
        }

        LinuxException refused = Answer.Refused(listen ? $"bind(\"{path}\")" : $"connect(\"{path}\")");
        handle.Dispose();
        throw refused;
    }

    private const int SCM_RIGHTS = 1;
    private const uint ControlLength = 20;

    // struct msghdr, iovec, cmsghdr with one descriptor, sockaddr_un of 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public Control* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        public ushort Family;
        public fixed byte Path[108];
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(SafeFileHandle socket, Address* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(SafeFileHandle socket, Address* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(SafeFileHandle socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeFileHandle socket, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(SafeFileHandle socket, Message* message, int flags);
}
