using Xunit;

namespace CrunSharp.Lessons.Tests;

public sealed class ScreenTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void ShowBoth_PutsTheSidesNextToEachOther()
    {
        new Screen(_output, static () => (40, null), colour: false).ShowBoth(("id -u", "1000\n"), ("id -u", "0\n"));
        Assert.Equal("\noutside            │ inside\n$ id -u            │ $ id -u\n1000               │ 0\n", _output.ToString());
    }

    [Fact]
    public void Show_LineLongerThanTheScreen_GoesOnBelow()
    {
        new Screen(_output, static () => (40, null), colour: false).Show(Side.Inside, "x", new string('a', 35));
        Assert.All(_output.ToString().Split('\n'), static line => Assert.True(line.Length <= 40, line));
    }

    [Fact]
    public void Paragraph_CodeInIt_IsNotBroken()
    {
        new Screen(_output, static () => (40, null), colour: false).Paragraph("one two three four five six `ls -l /proc/self` end");
        Assert.Contains("`ls -l /proc/self`", _output.ToString(), StringComparison.Ordinal);
    }
}
