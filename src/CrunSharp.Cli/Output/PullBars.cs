using CrunSharp.Images;
using CrunSharp.Oci;
using Spectre.Console;

namespace CrunSharp.Cli.Output;

/// <summary>For a terminal: a line per layer with its size, its rate and the time left.</summary>
internal sealed class PullBars : PullProgress
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, ProgressTask> _bars = [];
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _drawing;
    private ProgressContext? _context;
    private bool _ended;

    public override void Report(LayerProgress value)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            if (!_bars.TryGetValue(value.Layer, out ProgressTask? bar))
            {
                bar = Context().AddTask(Short(value.Layer), maxValue: Math.Max(1, value.Total));
                _bars.Add(value.Layer, bar);
            }

            bar.Value = value.Phase is LayerPhase.Complete or LayerPhase.Present ? bar.MaxValue : value.Done;
            bar.Description = value.Phase is LayerPhase.Unpacking ? Short(value.Layer) : $"{Short(value.Layer)} {PullPhases.Name(value)}";
        }
    }

    protected override void End()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            foreach (ProgressTask bar in _bars.Values)
            {
                bar.StopTask();
            }
        }

        _end.TrySetResult();
        _drawing?.Wait();
    }

    // The drawing starts with the first layer: what failed before that leaves no empty frame.
    private ProgressContext Context()
    {
        if (_context is not null)
        {
            return _context;
        }

        TaskCompletionSource<ProgressContext> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _drawing = Task.Run(() => console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                started.SetResult(context);
                await _end.Task;
            }));
        return _context = started.Task.GetAwaiter().GetResult();
    }
}
