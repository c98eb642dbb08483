using CrunSharp.Bench;
using Spectre.Console;

namespace CrunSharp.Cli.Output;

/// <summary>What has been measured so far, redrawn in place on a terminal; lines of progress elsewhere.</summary>
internal sealed class BenchView : IBenchObserver, IDisposable
{
    private const int RedrawMilliseconds = 250;

    private readonly bool _isQuiet;
    private readonly bool _isLive;
    private readonly IAnsiConsole _console;
    private TaskCompletionSource? _end;
    private Task? _drawing;
    private LiveDisplayContext? _context;
    private long _drawn;

    public BenchView(bool isQuiet)
    {
        _isQuiet = isQuiet;
        _isLive = !isQuiet && !Console.IsErrorRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    }

    public void Tell(string line)
    {
        Stop();
        if (!_isQuiet)
        {
            Console.Error.WriteLine(line);
        }
    }

    public void Measured(IReadOnlyList<Series> series, int round, int rounds)
    {
        if (!_isLive || Environment.TickCount64 - _drawn < RedrawMilliseconds)
        {
            return;
        }

        _drawn = Environment.TickCount64;
        Spectre.Console.Table fresh = Draw(series, round, rounds);
        if (_context is null)
        {
            Begin(fresh);
        }

        _context?.UpdateTarget(fresh);
    }

    public void Dispose() => Stop();

    private static Spectre.Console.Table Draw(IReadOnlyList<Series> series, int round, int rounds)
    {
        Spectre.Console.Table table = new Spectre.Console.Table().Border(TableBorder.Simple).Title($"round {round + 1} of at most {rounds}: {series[0].Condition}");
        table.AddColumns("", "n", "p50 ms", "95 % of p50", "p90", "min", "exit p50");
        foreach (Series one in series)
        {
            if (one.FirstByte is { } first)
            {
                string caveat = one.Contestant.Caveat is { } words ? $" [grey]({words})[/]" : "";
                table.AddRow(
                    $"{Markup.Escape(one.Contestant.Name)}{caveat}",
                    $"{first.Count}",
                    Figures.Text(first.Median),
                    Figures.Interval(first),
                    Figures.Text(first.P90),
                    Figures.Text(first.Minimum),
                    Figures.Text(one.Exit!.Median));
            }
        }

        return table;
    }

    private void Begin(Spectre.Console.Table first)
    {
        _end = new TaskCompletionSource();
        TaskCompletionSource begun = new();
        _drawing = Task.Run(() => _console.Live(first).AutoClear(true).StartAsync(async context =>
        {
            _context = context;
            begun.SetResult();
            await _end.Task;
        }));
        begun.Task.Wait();
    }

    private void Stop()
    {
        if (_drawing is not null)
        {
            _end!.SetResult();
            _drawing.Wait();

            // What is told stands where the table was; the next start draws another below it.
            (_drawing, _context, _end) = (null, null, null);
        }
    }
}
