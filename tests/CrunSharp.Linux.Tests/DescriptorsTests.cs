using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class DescriptorsTests : IDisposable
{
    private readonly string _path = Path.Join(Path.GetTempPath(), $"crun-sharp-descriptors-{Guid.NewGuid():N}");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void ReadAll_AFileOfAnySize_GivesItsBytes(int size)
    {
        byte[] bytes = new byte[size];
        Random.Shared.NextBytes(bytes);
        File.WriteAllBytes(_path, bytes);

        Assert.Equal(bytes, Descriptors.ReadAll(_path));
    }

    [Fact]
    public void ReadAll_AFileThatTellsNoSize_GivesItsBytes() => Assert.Equal(File.ReadAllText("/proc/self/limits").Length, Descriptors.ReadAll("/proc/self/limits").Length);

    [Fact]
    public void ReadAll_APipeThatGivesMoreThanOneBufferHolds_GivesItsBytes()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using (read)
        {
            byte[] bytes = new byte[20_000];
            Random.Shared.NextBytes(bytes);
            using (write)
            {
                Descriptors.Write(write, bytes);
            }

            Assert.Equal(bytes, Descriptors.ReadAll($"/proc/self/fd/{read.DangerousGetHandle()}"));
        }
    }

    [Theory]
    [InlineData(100, 99)]
    [InlineData(5000, 4999)]
    [InlineData(100_000, 4096)]
    public void ReadAll_MoreThanTheLimit_IsRefused(int size, int limit)
    {
        File.WriteAllBytes(_path, new byte[size]);
        Assert.Equal(LibC.EFBIG, Assert.Throws<LinuxException>(() => Descriptors.ReadAll(_path, limit)).Errno);
        Assert.Equal(size, Descriptors.ReadAll(_path, size).Length);
    }

    public void Dispose() => File.Delete(_path);
}
