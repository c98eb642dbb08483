using Microsoft.Win32.SafeHandles;
using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class MemoryFileTests
{
    [Fact]
    public void Create_TheFile_CannotBeChangedAnyMore()
    {
        using SafeFileHandle file = MemoryFile.Create("test", "content"u8);
        LinuxException refused = Assert.Throws<LinuxException>(() => Descriptors.Write(file, "more"u8));
        Assert.Equal(1, refused.Errno);
        byte[] read = new byte[16];
        Assert.Equal(7, RandomAccess.Read(file, read, 0));
    }

    [Fact]
    public void OpenStage_TheProgram_IsAnElfFileThatNobodyCanWrite()
    {
        using SafeFileHandle stage = MemoryFile.OpenStage();
        byte[] head = new byte[4];
        Assert.Equal(4, RandomAccess.Read(stage, head, 0));
        Assert.Equal("\u007fELF"u8, head);
        Assert.Throws<LinuxException>(() => Descriptors.Write(stage, "x"u8));
        Assert.True(RandomAccess.GetLength(stage) < 256 * 1024);
    }
}
