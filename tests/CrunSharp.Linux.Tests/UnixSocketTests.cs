using Microsoft.Win32.SafeHandles;
using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class UnixSocketTests
{
    [Fact]
    public void ReceiveDescriptor_OfOneSent_IsTheSameFile()
    {
        (SafeFileHandle first, SafeFileHandle second) = UnixSocket.StreamPair();
        using (first)
        using (second)
        {
            (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
            using (read)
            {
                using (write)
                {
                    UnixSocket.SendDescriptor(first, write, "pipe");
                }

                using SafeFileHandle? received = UnixSocket.ReceiveDescriptor(second);
                Descriptors.Write(received!, "x"u8);
                byte[] buffer = new byte[4];
                Assert.Equal(1, Descriptors.Read(read, buffer));
            }
        }
    }

    [Fact]
    public void ReceiveDescriptor_WhenTheOtherSideEnds_IsNothing()
    {
        (SafeFileHandle first, SafeFileHandle second) = UnixSocket.Pair();
        using (second)
        {
            first.Dispose();
            Assert.Null(UnixSocket.ReceiveDescriptor(second));
        }
    }

    [Fact]
    public void Listen_BelowAPathLongerThanAnAddress_CanBeConnectedTo()
    {
        string directory = Directory.CreateTempSubdirectory("crun-sharp-test-").FullName;
        try
        {
            string deep = Directory.CreateDirectory(Path.Combine(directory, new string('d', 120))).FullName;
            string path = Path.Combine(deep, "start.sock");
            using SafeFileHandle listening = UnixSocket.Listen(path);
            using SafeFileHandle connected = UnixSocket.Connect(path);
            Assert.False(connected.IsInvalid);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
