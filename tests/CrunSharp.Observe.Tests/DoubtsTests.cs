using CrunSharp.Observe;
using Xunit;

namespace CrunSharp.ObserveTests;

public sealed class DoubtsTests
{
    [Theory]
    [InlineData(1UL << 17)]
    [InlineData(1UL)]
    [InlineData(1UL << 40)]
    public void Narrow_WhereOneCapabilitySuffices_FindsIt(ulong needed)
    {
        int tries = 0;
        ulong found = Doubts.Narrow((1UL << 41) - 1, set =>
        {
            tries++;
            return (set & needed) == needed;
        });
        Assert.Equal(needed, found);
        Assert.InRange(tries, 1, 12);
    }

    [Fact]
    public void Narrow_WhereTwoAreNeededTogether_KeepsBoth()
    {
        const ulong Needed = 0b1001;
        Assert.Equal(Needed, Doubts.Narrow(0b1111, static set => (set & Needed) == Needed) & Needed);
    }

    [Theory]
    [InlineData("read(3, 0x7f16396e3000, 131072)", "read(3, 0x7ffc12345678, 131072)")]
    [InlineData("syslog(3, 602105616, 16384)", "syslog(3, 40306448, 16384)")]
    public void Key_OfTheSameCallAtOtherAddresses_IsTheSame(string one, string other) =>
        Assert.Equal(Refusal.KeyOf("sh", one), Refusal.KeyOf("sh", other));

    [Fact]
    public void Key_OfOtherArguments_IsAnother() =>
        Assert.NotEqual(Refusal.KeyOf("sh", "setpriority(0, 0, -5)"), Refusal.KeyOf("sh", "setpriority(0, 1, -5)"));
}
