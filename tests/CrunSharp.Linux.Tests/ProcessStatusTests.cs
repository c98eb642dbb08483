using System.Text;
using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class ProcessStatusTests
{
    [Theory]
    [InlineData("12 (sh) S 1 12 12 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 2", 'S', 4711ul)]
    [InlineData("12 (a) Z) Z 1 12 12 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 99 1 2", 'Z', 99ul)]
    [InlineData("12 (with space) R 1 12 12 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 7 1 2", 'R', 7ul)]
    public void Parse_OfANameWithSpacesAndParentheses_CountsFromTheLastOne(string stat, char state, ulong start) =>
        Assert.Equal(new ProcessStatus(state, start), ProcessStatus.Parse(Encoding.UTF8.GetBytes(stat)));

    [Theory]
    [InlineData("")]
    [InlineData("12 (sh")]
    [InlineData("12 (sh) S 1 2")]
    public void Parse_OfACutLine_IsNothing(string stat) => Assert.Null(ProcessStatus.Parse(Encoding.UTF8.GetBytes(stat)));

    [Fact]
    public void TryRead_OfThisProcess_IsAlive()
    {
        ProcessStatus? status = ProcessStatus.TryRead(Environment.ProcessId);
        Assert.False(Assert.NotNull(status).HasEnded);
        Assert.True(status.Value.StartTime > 0);
    }

    [Fact]
    public void TryRead_OfAZombie_HasEndedAndOfOneReaped_IsNothing()
    {
        int pid = Processes.Spawn("/bin/true", ["true"], []);
        using (Microsoft.Win32.SafeHandles.SafeFileHandle? process = Processes.TryOpen(pid))
        {
            Assert.Equal(0, Descriptors.WaitForOne([(int)process!.DangerousGetHandle()], 10_000));
        }

        Assert.True(ProcessStatus.TryRead(pid)?.HasEnded);
        _ = Processes.Wait(pid);
        Assert.Null(ProcessStatus.TryRead(pid));
    }
}
