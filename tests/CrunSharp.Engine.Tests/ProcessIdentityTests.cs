using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void Identity_OfThisProcess_IsAlive() => Assert.True(ProcessIdentity.Current.IsAlive());

    [Fact]
    public void Identity_OfAnotherBoot_IsNotAlive() => Assert.False((ProcessIdentity.Current with { BootId = "x" }).IsAlive());

    [Fact]
    public void Identity_OfAProcessThatEnded_IsNotAlive()
    {
        using System.Diagnostics.Process child = System.Diagnostics.Process.Start("/bin/sleep", "100");
        ProcessIdentity identity = ProcessIdentity.TryGet(child.Id)!.Value;
        Assert.True(identity.IsAlive());
        child.Kill();
        child.WaitForExit();
        Assert.False(identity.IsAlive());
    }

    [Fact]
    public void Stat_WithParenthesesInTheName_IsReadFromTheLastOne()
    {
        Assert.True(ProcessIdentity.TryParse("12 (a) R 1 (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20", out char state, out ulong start));
        Assert.Equal(('S', 4711ul), (state, start));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 (a")]
    [InlineData("12 (a) S 1 2")]
    public void Stat_ThatIsCutShort_IsNone(string stat) => Assert.False(ProcessIdentity.TryParse(stat, out _, out _));
}
